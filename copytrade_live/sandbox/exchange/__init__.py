"""The sandbox's trading side: accounts, orders, matching and settlement, without any transport."""
