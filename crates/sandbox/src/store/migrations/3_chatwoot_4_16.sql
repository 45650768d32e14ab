ALTER TABLE inboxes ADD COLUMN callback_secret TEXT;
ALTER TABLE inboxes ADD COLUMN csat_config TEXT NOT NULL DEFAULT '{}';
ALTER TABLE conversations ADD COLUMN assignee_bot_id INTEGER;
