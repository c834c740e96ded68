-- Boxes that may exist: the call that was to make them was not answered. Few, for whoever learns it says so.
create index boxes_unresolved on boxes (call_deadline) where state = 'intended';
