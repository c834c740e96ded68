-- When somebody looks next at a box that may exist. Looking moves it on in the index that finds it, so that a batch costs what is
-- in it, however many wait.
alter table boxes add column reap_after timestamptz not null default now();
drop index boxes_unresolved;
create index boxes_unresolved on boxes (reap_after) where state = 'intended';
