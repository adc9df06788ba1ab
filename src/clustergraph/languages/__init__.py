"""In which language a person reads: what the program tells in it, and numbers and dates as it writes them."""
