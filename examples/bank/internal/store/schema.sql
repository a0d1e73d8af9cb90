-- The bank's tables, in PostgreSQL's words; see schema.go for the three that SQLite has other ones for.
-- Money is in cents. Named constraints are told apart by the services; see Violated.

drop table if exists refunds;
drop table if exists payments;
drop table if exists daily_totals;
drop table if exists transfers;
drop table if exists products;
drop table if exists entries;
drop table if exists accounts;
drop table if exists sessions;
drop table if exists branches;
drop table if exists users;

create table users (
  id            bigint primary key,
  username      text not null unique,
  password_hash text not null,
  display_name  text not null constraint users_display_name check (display_name <> ''),
  email         text not null constraint users_email check (email like '%_@_%'),
  phone         text not null,
  role          text not null constraint users_role check (role in ('customer', 'clerk')),
  daily_limit   bigint not null constraint users_daily_limit check (daily_limit >= 0),
  created_at    timestamptz not null
);

create table sessions (
  id         text primary key,
  user_id    bigint not null references users (id),
  created_at timestamptz not null,
  revoked_at timestamptz
);

create table accounts (
  id        bigint primary key,
  user_id   bigint not null references users (id),
  kind      text not null constraint accounts_kind check (kind in ('current', 'savings')),
  iban      text not null unique,
  balance   bigint not null constraint accounts_balance check (balance >= 0),
  opened_at timestamptz not null
);
create index accounts_user on accounts (user_id);

-- Double entry: the two entries of a posting have the same reference and add up to nothing.
create table entries (
  id              bigint generated always as identity primary key,
  account_id      bigint not null references accounts (id),
  counter_account bigint not null references accounts (id),
  amount          bigint not null,
  text            text not null,
  reference       text not null,
  period          bigint not null constraint entries_period check (period between 197001 and 999912), -- year and month
  booked_at       timestamptz not null,
  constraint entries_differ check (account_id <> counter_account),
  unique (reference, account_id)
);
create index entries_account on entries (account_id, booked_at);
create index entries_by_period on entries (period, account_id, amount);

create table branches (
  id     bigint primary key,
  name   text not null,
  city   text not null,
  street text not null,
  phone  text not null
);
create index branches_city on branches (city);

create table products (
  id    bigint primary key,
  name  text not null unique,
  price bigint not null constraint products_price check (price >= 0)
);

create table transfers (
  id           text primary key,
  user_id      bigint not null references users (id),
  from_account bigint not null references accounts (id),
  to_account   bigint not null references accounts (id),
  amount       bigint not null constraint transfers_amount check (amount between 1 and 100000000),
  note         text not null,
  status       text not null constraint transfers_status check (status in ('pending', 'authorised', 'executed')),
  attempts     bigint not null default 0, -- wrong codes
  created_at   timestamptz not null,
  executed_at  timestamptz,
  constraint transfers_differ check (from_account <> to_account)
);

-- What a customer has transferred on a day.
create table daily_totals (
  user_id bigint not null references users (id),
  day     text not null,
  amount  bigint not null,
  primary key (user_id, day)
);

create table payments (
  id         text primary key,
  user_id    bigint not null references users (id),
  account_id bigint not null references accounts (id),
  product_id bigint not null references products (id),
  quantity   bigint not null constraint payments_quantity check (quantity between 1 and 100),
  price      bigint not null constraint payments_price check (price between 0 and 100000000),
  total      bigint not null,
  status     text not null constraint payments_status check (status in ('paid', 'refunded')),
  created_at timestamptz not null,
  constraint payments_total check (total = price * quantity)
);

create table refunds (
  id         text primary key,
  payment_id text not null references payments (id),
  user_id    bigint not null references users (id),
  amount     bigint not null constraint refunds_amount check (amount >= 1),
  reason     text not null,
  created_at timestamptz not null
);
create index refunds_payment on refunds (payment_id);
