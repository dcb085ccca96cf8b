"""Keys and what they may sign: where a key comes from, the policy around it, and the signed-in client."""
