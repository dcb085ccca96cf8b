-- The best bid is below the best offer.
select *
from {{ ref('stg_books') }}
where best_bid >= best_ask
