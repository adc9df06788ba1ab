"""Named questions: reading their files, binding their parameters, and answering them."""
