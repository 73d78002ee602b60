"""What builds and checks the repository; no part of the product."""
