"""Files that are locked with a password, opened in memory.

Nothing of the password or of the opened file is written anywhere: neither to disk nor into any message.
"""

from __future__ import annotations

import io

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.package import Limits

_LONGEST_PASSWORD = 255


def unlocked(data: bytes, password: str, limits: Limits | None = None) -> bytes:
    """The file without its password.  The bytes that come out are as little to be trusted as those that went in.

    :raises FileRefused: ``file-password-wrong``, or ``file-password`` if it is locked in a way that is not known here,
        such as with a sensitivity label, or ``file-too-large`` by what comes out.
    """
    # Only here, since hardly any return needs it and it takes longer to load than such a file to read.
    import msoffcrypto  # type: ignore[import-untyped]  # comes without type information
    from msoffcrypto.exceptions import (  # type: ignore[import-untyped]  # as above
        DecryptionError,
        FileFormatError,
        InvalidKeyError,
    )

    limits = limits or Limits()
    opened = io.BytesIO()
    if not password or len(password) > _LONGEST_PASSWORD:
        raise FileRefused("file-password-wrong")
    try:
        book = msoffcrypto.OfficeFile(io.BytesIO(data))
        book.load_key(password=password)
        book.decrypt(opened)
    except InvalidKeyError:
        raise FileRefused("file-password-wrong") from None
    except (DecryptionError, FileFormatError) as error:
        # The library says of a wrong password for some kinds only that it failed to verify it.
        if "verif" in str(error).casefold() or "key" in str(error).casefold():
            raise FileRefused("file-password-wrong") from None
        raise FileRefused("file-password", "locked in a way that cannot be opened here") from None
    except Exception:  # whatever a broken file does to the library, only this file is refused
        raise FileRefused("file-damaged", "the lock is damaged") from None
    found = opened.getvalue()
    if len(found) > limits.file_bytes:
        raise FileRefused("file-too-large", f"{len(found):,} bytes")
    return found
