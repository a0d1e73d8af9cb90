-- MySQL dump 10.13
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `shop`;
DROP TABLE IF EXISTS `customers`;
CREATE TABLE `customers` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `email` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'it\'s; the "address"',
  `kind` enum('private','company','o\'clock') NOT NULL DEFAULT 'private',
  `flags` set('a','b') DEFAULT NULL,
  `active` tinyint(1) NOT NULL DEFAULT '1',
  `born` date DEFAULT NULL, # a comment
  `changed_at` timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `hidden` int DEFAULT NULL /*!80023 INVISIBLE */,
  `full_name` varchar(100) GENERATED ALWAYS AS (concat(`email`,_utf8mb4'x')) VIRTUAL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`),
  KEY `born` (`born`,`kind`(3)),
  FULLTEXT KEY `words` (`email`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS `orders` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `customer_id` int unsigned NOT NULL,
  `amount` decimal(10,2) NOT NULL,
  `status` varchar(20) NOT NULL,
  `key` varchar(10) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `fk` (`customer_id`),
  CONSTRAINT `orders_ibfk_1` FOREIGN KEY (`customer_id`) REFERENCES `customers` (`id`) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT `orders_chk_1` CHECK ((`amount` between 0.01 and 99.5)),
  CONSTRAINT `orders_chk_2` CHECK ((`status` in (_utf8mb4'NEW',_utf8mb4'DONE'))) /*!80016 NOT ENFORCED */,
  CONSTRAINT `orders_chk_3` CHECK ((`status` in (_utf8mb4'NEW',_utf8mb4'DONE')))
) ENGINE=InnoDB;
INSERT INTO `orders` VALUES (1,1,'5;5','a\';b','c');
/*!50001 CREATE VIEW `open_orders` AS SELECT 1 AS `id`*/;
DELIMITER ;;
CREATE PROCEDURE p() BEGIN CREATE TABLE not_really (a int); END ;;
DELIMITER ;
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW BEGIN
  IF NEW.amount < 0 THEN SET NEW.amount = 0; END IF;
  CREATE TABLE nor_this (a int);
END;
ALTER TABLE `orders` MODIFY COLUMN `status` enum('NEW','DONE','GONE') NOT NULL, ADD COLUMN note text AFTER `key`, CHANGE `key` `tag` varchar(30), DROP INDEX `fk`;
RENAME TABLE `customers` TO `people`;
CREATE TABLE copied LIKE orders;
