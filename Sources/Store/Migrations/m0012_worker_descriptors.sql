-- What each worker's providers can do, as its drivers declare it; the gateway shows it and chooses by it.

alter table workers add column descriptors jsonb not null default '[]';
