--
-- PostgreSQL database dump, as pg_dump --schema-only writes it
--
\restrict abcDEF
SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

CREATE SCHEMA shop;
ALTER SCHEMA shop OWNER TO postgres;

CREATE TYPE shop.order_status AS ENUM (
    'pending',
    'paid',
    'won''t ship'
);

CREATE DOMAIN shop.positive AS integer CONSTRAINT positive_check CHECK ((VALUE > 0));

CREATE FUNCTION shop.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  CREATE TABLE not_really (a int);
  NEW.changed_at := now();
  RETURN NEW;
END;
$$;

CREATE TABLE shop.customers (
    id bigint NOT NULL,
    email character varying(320) NOT NULL,
    "Display Name" text DEFAULT 'some; body'::text NOT NULL,
    kind character varying(10) DEFAULT 'private'::character varying NOT NULL,
    score double precision,
    born date,
    seen_at timestamp with time zone DEFAULT now(),
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT customers_kind_check CHECK (((kind)::text = ANY ((ARRAY['private'::character varying, 'company'::character varying])::text[]))),
    CONSTRAINT customers_score_check CHECK (((score >= (0)::double precision) AND (score < (1.5)::double precision)))
);

CREATE SEQUENCE shop.customers_id_seq START WITH 1 INCREMENT BY 1 CACHE 1;
ALTER SEQUENCE shop.customers_id_seq OWNED BY shop.customers.id;

CREATE TABLE shop.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    customer_id bigint NOT NULL,
    status shop.order_status DEFAULT 'pending'::shop.order_status NOT NULL,
    quantity shop.positive,
    price numeric(12,2) NOT NULL,
    currency character(3) NOT NULL,
    payload jsonb,
    CONSTRAINT orders_check CHECK ((length(currency) = 3)),
    CONSTRAINT orders_price_check CHECK ((price > (0)::numeric)),
    CONSTRAINT orders_currency_check CHECK (((currency <> 'XXX'::bpchar) AND ((currency IS NULL) OR (currency = ANY (ARRAY['EUR'::bpchar, 'GBP'::bpchar])))))
)
WITH (fillfactor='70');

CREATE TABLE shop.events (id bigint, at timestamp without time zone) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2024 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

CREATE VIEW shop.paid_orders AS SELECT id FROM shop.orders WHERE (status = 'paid'::shop.order_status);

ALTER TABLE ONLY shop.customers ALTER COLUMN id SET DEFAULT nextval('shop.customers_id_seq'::regclass);

COPY shop.customers (id, email) FROM stdin;
1	it's; a 'quote
2	CREATE TABLE copied (a int);
\.

ALTER TABLE ONLY shop.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY shop.customers
    ADD CONSTRAINT customers_email_key UNIQUE (email);
ALTER TABLE ONLY shop.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX orders_once ON shop.orders USING btree (customer_id, currency);
CREATE UNIQUE INDEX orders_some ON shop.orders USING btree (price) WHERE (status = 'paid'::shop.order_status);
CREATE TRIGGER touch BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE ONLY shop.orders
    ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES shop.customers(id) ON DELETE CASCADE;
ALTER TYPE shop.order_status ADD VALUE 'refunded';
