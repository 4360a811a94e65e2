// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Contracts of our own that keep the documented rules of Blindference's: for tests. Their code is put at the network's
/// addresses, so that nothing here may need a constructor.

contract Blind {
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);

    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < value) revert ERC20InsufficientAllowance(msg.sender, allowed, value);
        allowance[from][msg.sender] = allowed - value;
        _move(from, to, value);
        return true;
    }

    function _move(address from, address to, uint256 value) private {
        if (balanceOf[from] < value) revert ERC20InsufficientBalance(from, balanceOf[from], value);
        balanceOf[from] -= value;
        balanceOf[to] += value;
    }
}

contract BlindferenceStaking {
    struct StakeInfo {
        uint256 staked;
        uint256 unbonding;
        uint256 unbondingAvailableAt;
        uint256 consecutiveFailures;
        bool active;
    }

    Blind private constant TOKEN = Blind(0x232D5470DaaC7AD552a42d876aDEF1f778033cE0);
    uint256 public constant MIN_STAKE = 1000e18;
    uint256 public constant UNBONDING_PERIOD = 96 hours;
    mapping(address => StakeInfo) private stakes;

    function blindToken() external pure returns (address) {
        return address(TOKEN);
    }

    function getStakeInfo(address node) external view returns (StakeInfo memory) {
        return stakes[node];
    }

    function stake(uint256 amount) external {
        require(amount >= MIN_STAKE, "BlindferenceStaking: below min stake");
        TOKEN.transferFrom(msg.sender, address(this), amount);
        stakes[msg.sender].staked += amount;
        stakes[msg.sender].active = true;
    }

    function initiateUnstake() external {
        StakeInfo storage info = stakes[msg.sender];
        require(info.staked > 0, "BlindferenceStaking: no stake");
        require(info.unbonding == 0, "BlindferenceStaking: unbonding in progress");
        info.unbonding = info.staked;
        info.staked = 0;
        info.unbondingAvailableAt = block.timestamp + UNBONDING_PERIOD;
        info.active = false;
    }

    function completeUnstake() external {
        StakeInfo storage info = stakes[msg.sender];
        require(info.unbonding > 0, "BlindferenceStaking: no unbonding");
        require(block.timestamp >= info.unbondingAvailableAt, "BlindferenceStaking: unbonding not ready");
        uint256 amount = info.unbonding;
        info.unbonding = 0;
        info.unbondingAvailableAt = 0;
        TOKEN.transfer(msg.sender, amount);
    }

    /// Anybody may, here.
    function recordFailure(address node) external {
        StakeInfo storage info = stakes[node];
        info.consecutiveFailures += 1;
        if (info.consecutiveFailures < 3) return;
        info.consecutiveFailures = 0;
        info.staked = 0;
        info.active = false;
    }
}

contract NodeRegistry {
    struct Node {
        address operator;
        uint8 tier;
        bytes32 attestationHash;
        uint64 registeredAt;
        uint64 lastHeartbeat;
        uint64 attestationExpires;
        bool active;
        string[] models;
        uint256 stake;
    }

    mapping(address => Node) private nodes;
    mapping(address => bool) public isAuthorizedICL;
    address public owner;
    uint64 public heartbeatGraceSeconds;
    uint256 public minStake;
    uint256 public heartbeats;

    function authorizeICL(address icl, bool value) external {
        isAuthorizedICL[icl] = value;
    }

    function setGrace(uint64 value) external {
        heartbeatGraceSeconds = value;
    }

    function setMinStake(uint256 value) external {
        minStake = value;
    }

    function register(uint8 tier, bytes32 hash, uint64 expires, string[] calldata models) external payable returns (bool) {
        require(tier <= 2, "NodeRegistry: invalid tier");
        Node storage node = nodes[msg.sender];
        require(node.operator == address(0), "NodeRegistry: already registered");
        require(msg.value >= minStake, "NodeRegistry: insufficient stake");
        node.operator = msg.sender;
        node.tier = tier;
        node.attestationHash = hash;
        node.registeredAt = uint64(block.timestamp);
        node.lastHeartbeat = uint64(block.timestamp);
        node.attestationExpires = expires;
        node.active = true;
        for (uint256 i = 0; i < models.length; i++) node.models.push(models[i]);
        node.stake = msg.value;
        return true;
    }

    function heartbeat() external {
        require(nodes[msg.sender].operator != address(0), "NodeRegistry: node not found");
        nodes[msg.sender].lastHeartbeat = uint64(block.timestamp);
        heartbeats += 1;
    }

    function getNode(address node) external view returns (Node memory) {
        return nodes[node];
    }

    function isActive(address node) external view returns (bool) {
        Node storage known = nodes[node];
        return known.operator != address(0) && block.timestamp <= known.attestationExpires
            && block.timestamp <= known.lastHeartbeat + heartbeatGraceSeconds;
    }
}

contract NodeAttestationRegistry {
    error InvalidWindow();
    error AttestationExpired();
    error InvalidSignature();

    event AttestationCommitted(
        address indexed node,
        bytes32 indexed attestationType,
        address indexed counterparty,
        bytes32 documentHash,
        uint64 effectiveAt,
        uint64 expiresAt
    );

    struct Kept {
        bytes32 documentHash;
        uint64 effectiveAt;
        uint64 expiresAt;
    }

    mapping(address => mapping(bytes32 => mapping(address => Kept))) public kept;

    function digest(address node, bytes32 kind, bytes32 hash, address other, uint64 effectiveAt, uint64 expiresAt)
        public
        view
        returns (bytes32)
    {
        bytes32 tag = keccak256("blindference.node-attestation.v1");
        return keccak256(abi.encode(tag, block.chainid, address(this), node, kind, hash, other, effectiveAt, expiresAt));
    }

    function signerOf(bytes32 hashed, bytes calldata signature) private pure returns (address) {
        bytes32 signed = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", hashed));
        return ecrecover(signed, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64]));
    }

    function commit(
        address node,
        bytes32 kind,
        bytes32 hash,
        address other,
        uint64 effectiveAt,
        uint64 expiresAt,
        bytes calldata signature
    ) external {
        if (effectiveAt == 0 || (expiresAt != 0 && expiresAt <= effectiveAt)) revert InvalidWindow();
        if (expiresAt != 0 && expiresAt <= block.timestamp) revert AttestationExpired();
        bytes32 hashed = digest(node, kind, hash, other, effectiveAt, expiresAt);
        if (signerOf(hashed, signature) != node) revert InvalidSignature();
        kept[node][kind][other] = Kept(hash, effectiveAt, expiresAt);
        emit AttestationCommitted(node, kind, other, hash, effectiveAt, expiresAt);
    }

    function revoke(bytes32 kind, address other) external {
        delete kept[msg.sender][kind][other];
    }

    function hasValid(address node, bytes32 kind, address other) external view returns (bool) {
        Kept storage one = kept[node][kind][other];
        return one.effectiveAt != 0 && one.effectiveAt <= block.timestamp
            && (one.expiresAt == 0 || one.expiresAt > block.timestamp);
    }
}

contract PromptKeyStore {
    error InvalidEncryptedInput(uint8 got, uint8 expected);
    error InvalidSigner();

    struct Encrypted {
        uint256 ctHash;
        uint8 securityZone;
        uint8 utype;
        bytes signature;
    }

    mapping(bytes32 => uint256[2]) private keys;
    mapping(bytes32 => address[]) public allowed;
    uint256 public stored;

    function icl() external pure returns (address) {
        return address(1);
    }

    /// Here, a proof is the address of the account that it is bound to.
    function storeKey(bytes32 jobId, Encrypted calldata high, Encrypted calldata low, address[] calldata nodes) external {
        if (high.utype != 6) revert InvalidEncryptedInput(high.utype, 6);
        if (low.utype != 6) revert InvalidEncryptedInput(low.utype, 6);
        if (keccak256(high.signature) != keccak256(abi.encodePacked(msg.sender))) revert InvalidSigner();
        keys[jobId] = [high.ctHash, low.ctHash];
        allowed[jobId] = nodes;
        stored += 1;
    }

    /// As a user's own app would have done it.
    function put(bytes32 jobId, uint256 high, uint256 low) external {
        keys[jobId] = [high, low];
    }

    function getEncryptedKey(bytes32 jobId) external view returns (uint256, uint256) {
        return (keys[jobId][0], keys[jobId][1]);
    }
}

contract TaskManager {
    function acl() external view returns (address) {
        return address(this);
    }

    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (0x0f, "ACL", "1", block.chainid, address(this), bytes32(0), new uint256[](0));
    }
}
