PRAGMA foreign_keys=ON;
CREATE TABLE "customers" (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  [the kind] TEXT CHECK ("the kind" IN ('a', 'b') OR "the kind" IS NULL),
  age INT CHECK (age >= 0 AND age <= 150), untyped,
  created TEXT DEFAULT (datetime('now')) NOT NULL,
  CHECK (email <> '' AND length(email) < 100)
) WITHOUT ROWID;
CREATE TABLE orders(a INTEGER REFERENCES customers ON DELETE SET DEFAULT NOT NULL, b TEXT, key TEXT, PRIMARY KEY (a, b), FOREIGN KEY (b) REFERENCES nowhere (c)) STRICT;
CREATE VIRTUAL TABLE search USING fts5(title, body);
CREATE TRIGGER t AFTER INSERT ON orders BEGIN
  UPDATE customers SET age = CASE WHEN age > 5 THEN 1 ELSE 2 END;
  INSERT INTO search VALUES ('a', 'b');
END;
CREATE TABLE later AS SELECT * FROM orders;
ALTER TABLE orders RENAME COLUMN b TO bb;
ALTER TABLE orders ADD COLUMN extra BLOB;
ALTER TABLE orders RENAME TO purchases;
CREATE TABLE gone (a);
DROP TABLE gone;
