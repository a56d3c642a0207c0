"""What judges the plant, and is never imported by it: analytic solutions and a 2-D solver."""
