-- What is deleted is forgotten some time.

create index archives_settled on archives (settled_at) where state = 'deleted';
