"""The manifest of the lake: which Parquet files hold the evidence of spaces and the statements of record stores."""
