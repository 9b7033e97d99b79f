"""What a program imports to use a node: keys, signing, and a client over HTTP.

from yuzhong.client import Client, SigningKey

with Client("http://127.0.0.1:8765") as client:
    signer = client.signer(SigningKey.load("operator.key"), party=1)
    receipt = client.submit(signer.sign(transaction))
"""

from yuzhong.client.errors import Busy, ClientError, NotReady, Problem, Unreachable
from yuzhong.client.http import Client
from yuzhong.client.keys import KeyFileError, SigningKey
from yuzhong.client.replies import Receipt, ReceiptPlace
from yuzhong.client.signing import Chain, SeededSigner, Signer

__all__ = [
    "Busy",
    "Chain",
    "Client",
    "ClientError",
    "KeyFileError",
    "NotReady",
    "Problem",
    "Receipt",
    "ReceiptPlace",
    "SeededSigner",
    "Signer",
    "SigningKey",
    "Unreachable",
]
