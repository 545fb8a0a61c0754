-- Until when a site can wait for its admission.

ALTER TABLE member ADD COLUMN waits_until timestamptz;

COMMENT ON COLUMN member.waits_until IS 'When the claim ends that it has asked with, while it waits or if it has: nobody is there to be admitted after that.';
