-- Which attempt a reservation is for: what was given back for one is not charged for another.

ALTER TABLE assent.reservations ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;

-- What was settled before is, as far as anybody knows, that of the newest attempt.
UPDATE assent.reservations AS reservation SET attempt = effect.attempt
FROM assent.effects AS effect WHERE effect.idempotency_key = reservation.effect_key;
