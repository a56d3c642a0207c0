"""What judges the plant, and is never imported by it: exact solutions and a 2-D solver."""
