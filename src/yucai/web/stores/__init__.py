"""Running the record stores: pages for who looks after data, of stores, tools, statements and what was refused."""
