-- What rebuilds that have not ended are filling, or sweeping: of these views there are rows of more
-- generations than the live one.
select distinct jsonb_array_elements_text(wish -> 'views')
from jobs
where book_id = $1 and ended_at is null and kind = 'rebuild'
