"""What was said last of each of many objects, so that it is not said again."""

from collections import OrderedDict
from hashlib import sha256


class LastSaid:
    """Remembers digests by UID, of the `most` objects that were last spoken of."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._digests: OrderedDict[str, bytes] = OrderedDict()

    def is_news(self, uid: str, text: str) -> bool:
        """Tell whether a text is not the last one of an object; it is from now on."""
        digest = sha256(text.encode()).digest()
        if self._digests.get(uid) == digest:
            return False
        self._digests[uid] = digest
        self._digests.move_to_end(uid)
        if len(self._digests) > self._most:
            self._digests.popitem(last=False)
        return True

    def forget(self, uid: str) -> None:
        """Forget what was said of an object."""
        self._digests.pop(uid, None)
