"""Jets: values and derivatives carried together through the layers of a network."""
