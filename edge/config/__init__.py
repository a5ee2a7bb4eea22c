"""What an operator may ask for: keys, values, defaults, profiles. Reads TOML; opens no photo, starts nothing."""
