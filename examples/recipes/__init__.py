"""How other packages use a mixture of this one, a file each: copy what you need."""
