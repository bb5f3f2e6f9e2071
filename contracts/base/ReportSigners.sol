// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IVolatilityOracle} from "../interfaces/IVolatilityOracle.sol";

/// @title Who may sign reports
/// @notice The set of signers, and the proof that distinct members of it signed.
abstract contract ReportSigners is IVolatilityOracle {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice Most signers: checking 31 signatures costs about 0.35 M gas.
    uint256 public constant MAX_SIGNERS = 31;

    /// @dev How the code of an account that delegates begins (EIP-7702).
    bytes3 private constant _DELEGATION = 0xef0100;
    /// @dev Bytes of such code: these three and an address.
    uint256 private constant _DELEGATION_LENGTH = 23;

    /// @dev Who may sign now.
    EnumerableSet.AddressSet private _signers;

    /// @inheritdoc IVolatilityOracle
    function signers() external view returns (address[] memory) {
        return _signers.values();
    }

    /// @inheritdoc IVolatilityOracle
    function isSigner(address account) external view returns (bool) {
        return _signers.contains(account);
    }

    /// @dev Replace the set; the quorum itself is kept by the feed, beside what it reads with it.
    function _replaceSigners(address[] memory newSigners, uint8 newQuorum) internal {
        if (newSigners.length > MAX_SIGNERS) revert TooManySigners(newSigners.length, MAX_SIGNERS);
        if (uint256(newQuorum) * 2 <= newSigners.length) revert QuorumTooLow(newQuorum, newSigners.length);
        if (newQuorum > newSigners.length) revert QuorumTooHigh(newQuorum, newSigners.length);
        if (newQuorum % 2 == 0) revert EvenQuorum(newQuorum);
        _signers.clear();
        address previous = address(0);
        for (uint256 i = 0; i < newSigners.length; ++i) {
            address signer = newSigners[i];
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            if (_isContract(signer)) revert SignerIsContract(signer);
            _signers.add(signer);
            previous = signer;
        }
        emit SignersSet(newSigners, newQuorum);
    }

    /// @dev Whether an account has code of its own. A delegation (EIP-7702) leaves it its key; no contract's code
    /// begins as one (EIP-3541). If it were refused, a current signer could block the removal of another by delegating.
    function _isContract(address account) private view returns (bool) {
        uint256 length = account.code.length;
        if (length != _DELEGATION_LENGTH) return length != 0;
        return bytes3(account.code) != _DELEGATION;
    }

    /// @dev Who signed: distinct current signers, because strictly ascending.
    function _recoverAll(
        bytes32[] memory digests,
        bytes[] calldata signatures
    ) internal view returns (address[] memory reporters) {
        reporters = new address[](signatures.length);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address reporter = _recover(i, digests[i], signatures[i]);
            if (reporter <= previous) revert ReportersNotAscending(previous, reporter);
            (reporters[i], previous) = (reporter, reporter);
        }
    }

    function _recover(uint256 index, bytes32 digest, bytes calldata signature) private view returns (address reporter) {
        ECDSA.RecoverError reason;
        bytes32 detail;
        (reporter, reason, detail) = ECDSA.tryRecoverCalldata(digest, signature);
        if (reason != ECDSA.RecoverError.NoError) revert BadSignature(index, reason, detail);
        if (!_signers.contains(reporter)) revert UnknownSigner(index, reporter);
    }
}
