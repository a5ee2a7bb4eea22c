"""Room on the disks: watched, and made by removing finished photos. It never touches the inbox."""
