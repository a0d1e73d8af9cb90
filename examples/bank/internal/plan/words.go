package plan

// What people write. None of it has an apostrophe, which the bank's search cannot bear.
var (
	sought = []string{
		"rent", "savings plan", "interest", "dinner", "concert tickets", "birthday present", "petrol", "shop: tea", "shop: desk lamp", "kettle",
		"Müller", "gas & water", "invoice 2024/117", "100%", "C++ course", "Café", "señor", "garden + tools", "salary", "groceries (half)",
	}
	notes = []string{
		"rent", "rent and heating", "lunch on Friday", "Thanks!", "", "birthday present", "invoice 4711", "concert tickets", "für Oma",
		"half of the groceries", "bike repair", "club fee", "see you soon", "holiday savings", "deposit", "thank you for the flowers & the cake",
	}
	reasons = []string{"damaged", "did not fit", "arrived too late", "ordered twice", "not as described", "changed my mind"}
	names   = []string{"Alex", "Sam R.", "Kim Weber", "Jo Martin", "Robin", "Chris Novak", "Dana Schäfer", "Maria L."}
)
