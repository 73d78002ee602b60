"""People, accounts, who may see whom, and who looked."""
