"""The only place that knows everyone: it joins controller, hal and simulator into a firmware."""
