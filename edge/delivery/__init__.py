"""From a finished temporary to its last place, whatever is killed in between. It looks at no picture."""
