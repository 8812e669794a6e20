from runtime import Table, function
from tests.chaos.functions.parcel import BATCH, Total, Weight
from tests.chaos.functions.post import Post


@function(subscribes="weights", when=lambda weight: weight.last, batch=max(1, BATCH // 5))
def mail_receipt(weight: Weight, mailed: Table[Total], post: Post) -> None:
    """Write to the sender once the parcel is weighed. Killed before the commit it does so again."""
    if weight.id in mailed:
        return
    post.send(weight.id)
    mailed.put(weight.id, Total(1, weight.grams))
