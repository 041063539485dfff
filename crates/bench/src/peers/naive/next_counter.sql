select nextval('counters')
