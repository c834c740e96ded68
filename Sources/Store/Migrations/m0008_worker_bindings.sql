-- A worker may serve providers that are bound to its host beside others that are not: its placement is that of the former.

alter table workers add column host_bound text[] not null default '{}';
