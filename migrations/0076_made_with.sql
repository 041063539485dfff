-- With which key a principal or a key was made: whoever made that one might hold it too. And by which
-- key another was replaced: that one is not replaced again.
alter table principals add column made_with text;
alter table api_keys add column made_with text, add column replaced_by text;

grant update (expires_at, replaced_by) on table api_keys to daftar_app;
