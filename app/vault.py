"""Encryption at rest: one master key wraps the data key of every root lead; a data key encrypts its content.

AES-256-GCM throughout (NIST SP 800-38D), 96-bit random nonces in front of the ciphertext, and the row's own
identity as associated data, so that a ciphertext moved to another row does not open. Destroying a data key
erases what it encrypted. `Vault` is the interface that a hardware module would fill.
"""

import base64
import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from app.config import Settings

KEY_BYTES = 32
NONCE_BYTES = 12


class UnusableMasterKey(Exception):
    """A master key that a setting names and that is none; the text names the setting, never the value."""

    def __init__(self, setting: str, reason: str, reason_zh: str) -> None:
        super().__init__(f"LEADBRIDGE_{setting}: {reason}")
        self.reason_zh = f"LEADBRIDGE_{setting}：{reason_zh}"


class Vault(Protocol):
    """Wraps and unwraps 32-byte data keys; the master key itself never leaves it."""

    def wrap(self, data_key: bytes, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return the data key; raise `cryptography.exceptions.InvalidTag` under another key or context."""
        ...

    def rewrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """Return the data key wrapped by the newest master key; None if it is already. Raises as `unwrap` does."""
        ...


class LocalVault:
    """A vault whose master key lies in a file or in the environment.

    Between two master keys it wraps by the new one, and opens what either wrapped.
    """

    def __init__(self, master_key: bytes, former: bytes | None = None) -> None:
        if len(master_key) != KEY_BYTES or len(former or master_key) != KEY_BYTES:
            raise ValueError("a master key must be 32 bytes, base64-encoded")
        if master_key == former:
            raise ValueError("the former master key is the master key itself")
        self._master = AESGCM(master_key)
        self._former = None if former is None else AESGCM(former)

    @property
    def has_former(self) -> bool:
        """Whether there are two master keys."""
        return self._former is not None

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, data_key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._master.decrypt(nonce, sealed, context)
        except InvalidTag:
            if self._former is None:
                raise
            return self._former.decrypt(nonce, sealed, context)

    def rewrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        try:
            self._master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except InvalidTag:
            return self.wrap(self.unwrap(wrapped, context), context)
        return None


def encrypt(data_key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Return nonce and ciphertext of `plaintext`, bound to `context`."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(data_key).encrypt(nonce, plaintext, context)


def decrypt(data_key: bytes, ciphertext: bytes, context: bytes) -> bytes:
    """Return the plaintext; raise `cryptography.exceptions.InvalidTag` if key, bytes or context differ."""
    return AESGCM(data_key).decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], context)


def open_vault(settings: Settings) -> LocalVault:
    """Return the vault that the settings name, making the key file (mode 0600) on first start.

    Raises `UnusableMasterKey`, `OSError`.
    """
    path = master_key_file(settings)
    if path is not None and not path.exists():
        _make_key_file(path)
    current, former = read_master_keys(settings)
    if current is None:
        raise RuntimeError("the master key was removed while it was read")
    return LocalVault(current, former)


def master_key_file(settings: Settings) -> Path | None:
    """Return where the master key lies, or is to lie; None if the environment holds it."""
    if settings.master_key is not None:
        return None
    return settings.master_key_file or settings.data_dir / "master.key"


def read_master_keys(settings: Settings) -> tuple[bytes | None, bytes | None]:
    """Return the master key, None while its file is to be made, and the former one, None where there is none.

    Raises `UnusableMasterKey` for what is no key.
    """
    current = _key("MASTER_KEY", settings.master_key, master_key_file(settings))
    former = _key("FORMER_MASTER_KEY", settings.former_master_key, settings.former_master_key_file)
    if former is None and settings.former_master_key_file is not None:
        raise UnusableMasterKey(
            "FORMER_MASTER_KEY_FILE", f"{settings.former_master_key_file}: no such file", "所指的文件不存在"
        )
    if former is not None and former == current:
        raise UnusableMasterKey("FORMER_MASTER_KEY", "it is the master key itself", "与现用主密钥相同")
    return current, former


def _key(setting: str, given: SecretStr | None, path: Path | None) -> bytes | None:
    if given is not None:
        return _decoded(setting, given.get_secret_value().encode())
    if path is None or not path.exists():
        return None
    try:
        written = path.read_bytes()
    except OSError as error:
        reason = f"{path}: {error.strerror}"
        raise UnusableMasterKey(f"{setting}_FILE", reason, f"无法读取 {path}") from error
    return _decoded(f"{setting}_FILE", written, f"{path}: ")


def _decoded(setting: str, text: bytes, where: str = "") -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        reason = f"{where}not {KEY_BYTES} bytes in base64"
        raise UnusableMasterKey(setting, reason, f"{where}不是 {KEY_BYTES} 字节的 base64 文本") from None
    return key


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    # Two processes may start at once: link() keeps the first key and never replaces one in use.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
