"""What a user and a maintainer run from a checkout; README.md says which does what. No part of the wheel."""
