// Package rulefile reads and writes the file that invariants are written in: YAML with a version, strict, with errors
// that say where and what to do. It knows the file and its positions, not the language of the expressions.
//
//	version: 1
//	invariants:
//	  - id: order-read-by-its-owner
//	    kind: database
//	    service: orders
//	    api: GET /orders/{id}
//	    when: resp.status == 200
//	    check: db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))
//	    message: somebody else's order is read
//
// Before the invariants there may be references: collections of entities that rules look up, and where calls and database
// statements show them.
//
//	references:
//	  - name: orders
//	    from:
//	      - api: POST /orders/search
//	        at: resp.body.data[]
//	        key: id
//	        fields: {owner: userId, price: price}
//	      - table: orders
//	        key: id
//	        fields: {owner: user_id}
//
// Anchors and aliases work, merge keys (<<) do not. The JSON schema of [Schema] tells editors the same.
package rulefile
