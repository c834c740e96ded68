-- The runs of an agent that another has taken over from, the newest last: none of them may take over again.

alter table agents add column former_instances text[] not null default '{}';
