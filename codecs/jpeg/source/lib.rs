// Nothing: cargo only fetches.
