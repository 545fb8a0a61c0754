-- A member that was away when its certificate expired may show it for some time after, to have it renewed.
ALTER TABLE certificate ADD COLUMN renewable_until timestamptz CHECK (renewable_until > not_after);
