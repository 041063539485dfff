//! 15. Customer 94, all three data sets, before and after the emergency fix.
