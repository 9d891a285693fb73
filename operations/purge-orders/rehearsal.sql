-- The sales application that the operation works on, for `dtm rehearse` and `dtm demo`: run as a DBA.
-- &client: the schema of dtm on this database; &password: any password.
CREATE TABLESPACE ARCHIVE DATAFILE 'archive01.dbf' SIZE 10M;
CREATE USER sales IDENTIFIED BY "&password" DEFAULT TABLESPACE USERS
  QUOTA UNLIMITED ON USERS QUOTA UNLIMITED ON ARCHIVE;
CREATE TABLE sales.customers (
  customer_id  NUMBER(10)     CONSTRAINT customers_pk PRIMARY KEY,
  name         VARCHAR2(100)  NOT NULL,
  region       VARCHAR2(10)   NOT NULL
);
CREATE TABLE sales.orders (
  order_id     NUMBER(12)     CONSTRAINT orders_pk PRIMARY KEY,
  customer_id  NUMBER(10)     NOT NULL CONSTRAINT orders_customer_fk REFERENCES sales.customers,
  order_date   DATE           NOT NULL,
  status       VARCHAR2(10)   NOT NULL,
  note         VARCHAR2(200)
);
CREATE INDEX sales.orders_date_ix ON sales.orders (order_date);
CREATE TABLE sales.order_lines (
  order_id     NUMBER(12)     NOT NULL CONSTRAINT order_lines_order_fk REFERENCES sales.orders,
  line_no      NUMBER(4)      NOT NULL,
  product      VARCHAR2(40)   NOT NULL,
  quantity     NUMBER(6)      NOT NULL,
  price        NUMBER(10, 2)  NOT NULL,
  CONSTRAINT order_lines_pk PRIMARY KEY (order_id, line_no)
);
CREATE TABLE sales.orders_archive (
  order_id     NUMBER(12)     CONSTRAINT orders_archive_pk PRIMARY KEY,
  customer_id  NUMBER(10)     NOT NULL,
  order_date   DATE           NOT NULL,
  status       VARCHAR2(10)   NOT NULL,
  note         VARCHAR2(200)
) TABLESPACE ARCHIVE;
CREATE TABLE sales.order_lines_archive (
  order_id     NUMBER(12)     NOT NULL,
  line_no      NUMBER(4)      NOT NULL,
  product      VARCHAR2(40)   NOT NULL,
  quantity     NUMBER(6)      NOT NULL,
  price        NUMBER(10, 2)  NOT NULL,
  CONSTRAINT order_lines_archive_pk PRIMARY KEY (order_id, line_no)
) TABLESPACE ARCHIVE;
INSERT INTO sales.customers (customer_id, name, region)
SELECT LEVEL, 'Customer ' || LPAD(LEVEL, 6, '0'), DECODE(MOD(LEVEL, 3), 0, 'EMEA', 1, 'APAC', 'AMER')
FROM dual CONNECT BY LEVEL <= 1000;
-- 24 months of 1,000 orders each, from January 2024.
INSERT INTO sales.orders (order_id, customer_id, order_date, status, note)
SELECT LEVEL, MOD(LEVEL * 7919, 1000) + 1,
       ADD_MONTHS(DATE '2024-01-01', TRUNC((LEVEL - 1) / 1000)) + MOD(LEVEL * 31, 28),
       DECODE(MOD(LEVEL, 10), 0, 'RETURNED', 'SHIPPED'),
       'Order ' || LEVEL || ' of the demo; its text takes room in the archive'
FROM dual CONNECT BY LEVEL <= 24000;
-- One to three lines an order.
INSERT INTO sales.order_lines (order_id, line_no, product, quantity, price)
SELECT o.order_id, n.line_no, 'PRODUCT-' || o.customer_id || '-' || n.line_no, n.line_no, 19.9
FROM sales.orders o
JOIN (SELECT LEVEL AS line_no FROM dual CONNECT BY LEVEL <= 3) n
  ON n.line_no <= MOD(o.order_id, 3) + 1;
COMMIT;
GRANT SELECT, DELETE ON sales.orders TO &client;
GRANT SELECT, DELETE ON sales.order_lines TO &client;
GRANT SELECT, INSERT ON sales.orders_archive TO &client;
GRANT SELECT, INSERT ON sales.order_lines_archive TO &client;
