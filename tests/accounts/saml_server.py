"""A SAML identity provider on this machine: takes the question of a browser, gives a form with a signed answer."""

import base64
import html
import threading
import urllib.parse
import zlib
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

SAMLP, SAML = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
ISSUER = "https://idp.example.edu/idp"
ANSWER = """<samlp:Response xmlns:samlp="{p}" xmlns:saml="{a}" ID="_r" Version="2.0" Destination="{to}"
 InResponseTo="{q}">
<saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="_a" Version="2.0" IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID>{user}</saml:NameID><saml:SubjectConfirmation
 Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="{q}" Recipient="{to}"
 NotOnOrAfter="{until}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>{audience}
</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{now}"/>
<saml:AttributeStatement><saml:Attribute Name="uid"><saml:AttributeValue>{user}</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="displayName"><saml:AttributeValue>Name of {user}</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="two"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>b</saml:AttributeValue>
</saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"""


@dataclass(frozen=True)
class Signer:
    """A key and its certificate, and what an answer says unless a test says otherwise."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    issuer: str = ISSUER
    audience: str = ""
    age: timedelta = timedelta()

    def certificate(self):
        """Return the certificate, signed by itself."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
        made = x509.CertificateBuilder(name, name, self.key.public_key(), 1)
        made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        return made.sign(self.key, hashes.SHA256())

    def pem(self):
        """Return the certificate as the office copies it."""
        return self.certificate().public_bytes(serialization.Encoding.PEM).decode()

    def answer(self, question, user, **changed):
        """Return a signed answer to a question, as XML."""
        from minisignxml.sign import sign

        asked = etree.fromstring(question)
        one, now = replace(self, **changed), datetime.now(UTC) - changed.get("age", self.age)
        stamp = {"now": now, "since": now - timedelta(minutes=1), "until": now + timedelta(minutes=5)}
        said = {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in stamp.items()}
        audience = one.audience or asked.findtext(f"{{{SAML}}}Issuer")
        text = ANSWER.format(
            p=SAMLP, a=SAML, to=asked.get("AssertionConsumerServiceURL"), q=asked.get("ID"), issuer=one.issuer,
            user=html.escape(user), audience=audience, **said,
        ).replace("\n</saml:Audience>", "</saml:Audience>")  # fmt: skip
        tree = etree.fromstring(text)
        assertion = tree.find(f"{{{SAML}}}Assertion")
        return sign(element=assertion, private_key=one.key, certificate=one.certificate(), index=1)


class _Idp(BaseHTTPRequestHandler):
    def do_GET(self):
        said = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        if "SAMLRequest" not in said:  # a browser also asks for a picture of the site
            self.send_error(404)
            return
        question = zlib.decompress(base64.b64decode(said["SAMLRequest"]), -15)
        answer = base64.b64encode(self.server.signer.answer(question, said.get("user", self.server.user))).decode()
        to = etree.fromstring(question).get("AssertionConsumerServiceURL")
        field = f'<input type="hidden" name="SAMLResponse" value="{answer}">'
        body = f'<form method="post" action="{to}">{field}<button>Go on</button></form>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        """Say nothing."""


class SamlServer:
    """Serve on a port of this machine until closed; ``user`` comes when the question names nobody."""

    def __init__(self, user=""):
        self.signer = Signer()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Idp)
        self.server.signer, self.server.user = self.signer, user
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/sso"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def question_in(address):
    """Return the question that a browser was sent with."""
    said = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    return zlib.decompress(base64.b64decode(said["SAMLRequest"][0]), -15)


def wrapped(signed, user):
    """Put an unsigned assertion about somebody before the signed one (signature wrapping)."""
    tree = etree.fromstring(signed)
    good = tree.find(f"{{{SAML}}}Assertion")
    evil = deepcopy(good)
    evil.set("ID", "_evil")
    evil.remove(evil.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    evil.find(f".//{{{SAML}}}NameID").text = user
    tree.insert(tree.index(good), evil)
    return etree.tostring(tree)
