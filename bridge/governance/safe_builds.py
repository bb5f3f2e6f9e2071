"""Builds of the Safe contracts that are known by their code: versions 1.3.0, 1.4.1 and 1.5.0, on any EVM chain.

Source: the code hashes of the npm package @safe-global/safe-deployments 1.37.63, each equal to the keccak-256 of the
runtime code in the authors' own packages (@gnosis.pm/safe-contracts 1.3.0, @safe-global/safe-contracts 1.4.1,
@safe-global/safe-smart-account 1.5.0). Proxies are not listed there: theirs is the code that the factories carry, which
are. Builds for zkSync are left out: no package holds their code.
"""

from __future__ import annotations

from typing import Final

SINGLETONS: Final = {
    "bba688fbdb21ad2bb58bc320638b43d94e7d100f6f3ebaab0a4e4de6304b1c2e": "Safe 1.3.0",
    "21842597390c4c6e3c1239e434a682b054bd9548eee5e9b1d6a4482731023c0f": "Safe 1.3.0 L2",
    "1fe2df852ba3299d6534ef416eefa406e56ced995bca886ab7a553e6d0c5e1c4": "Safe 1.4.1",
    "b1f926978a0f44a2c0ec8fe822418ae969bd8c3f18d61e5103100339894f81ff": "Safe 1.4.1 L2",
    "dda019cbd7c867a533a2a86e5c53434fdc50b13122b5a5ddb4a8df61b31c20f2": "Safe 1.5.0",
    "180193227186ccb85316c94db1f0d156ed932b14712cfaac78901899178572dc": "Safe 1.5.0 L2",
}
"""What a Safe delegates every call to, by the keccak-256 of its code."""
HANDLERS: Final = {
    "03e69f7ce809e81687c69b19a7d7cca45b6d551ffdec73d9bb87178476de1abf": "CompatibilityFallbackHandler 1.3.0",
    "7c6007a5d711cea8dfd5d91f5940ec29c7f200fe511eb1fc1397b367af3c42f9": "CompatibilityFallbackHandler 1.4.1",
    "3c6a85bcf7b563daa624b884b4e9a1b9fa5371edde7be945d998071a48f28bbc": "CompatibilityFallbackHandler 1.5.0",
}
"""What answers the calls that a Safe itself does not know, by the keccak-256 of its code.

The ExtensibleFallbackHandler of 1.5.0 is not among them: each Safe tells it whom to ask.
"""
PROXIES: Final = {
    "b89c1b3bdf2cf8827818646bce9a8f6e372885f8c55e5c07acbd307cb133b000": "1.3.0",
    "d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c": "1.4.1",
    "4e381985ca68b3e5d27b4425fa581c19cf33146d3f887a3cfca96f55528ea46f": "1.5.0",
}
"""The code at a Safe's own address, by its keccak-256: it delegates to the singleton in slot 0, and that is all."""
MULTISENDS: Final = {
    "a9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad": "MultiSendCallOnly 1.3.0",
    "ecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939": "MultiSendCallOnly 1.4.1",
    "cdbdcec38d2f1c7d961b0029ff8416b7e86e9974d6f0e9c9580c7d17fcfb6663": "MultiSendCallOnly 1.5.0",
}
"""What may be run as a Safe's own code, by the keccak-256 of its code: it makes calls and nothing else."""
MULTISEND_PLACES: Final = (
    "0x9641d764fc13c8B624c04430C7356C1C7C8102e2",
    "0xA83c336B20401Af773B6219BA5027174338D1836",
    "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D",
    "0xA1dabEF33b3B82c7814B6D82A79e50F4AC44102B",
)
"""Where its authors put it on most chains: 1.4.1, 1.5.0, 1.3.0 and 1.3.0 by another way."""
