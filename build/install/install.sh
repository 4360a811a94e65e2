#!/bin/sh
# Installs fxn for this user: picks the file of this system, checks signature and hash, and refuses on any doubt.
# The braces make the shell read all of it before it runs any: a download that was cut does nothing.
{
set -eu
export LC_ALL=C
umask 022

# The build fills these in.
RELEASE_URL=''
PUBLIC_KEY=''

# What our signer writes: nothing in the signature's file may be other than it was made.
FIRST_LINE='untrusted comment: signature of an fxn release'
# In blocks of 512 or 1024 bytes, as the shell has it.
SMALL=256
LARGE=2097152

usage() {
  cat <<END
install.sh [--from URL|FOLDER] [--to FOLDER] [--public-key KEY] [--version VERSION] [--allow-downgrade] [--allow-http]

  --from             where the release lies; also \$FXN_INSTALL_FROM; default: ${RELEASE_URL:-none in this copy}
  --to               where fxn goes; default: ~/.local/bin, for root /usr/local/bin
  --public-key       minisign's, of whoever signs the release; default: ${PUBLIC_KEY:-none in this copy}
  --version          refuse any other version
  --allow-downgrade  take an older version than the one that is installed
  --allow-http       take URLs without TLS, also from other machines
END
}

# what is wrong, what to do about it
fail() {
  printf 'fxn was not installed: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '  %s\n' "$2" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

matches() { printf '%s\n' "$1" | grep -Eq "^$2\$"; }

VERSION_FORM='[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[0-9A-Za-z.]+)?'

main() {
  from=${FXN_INSTALL_FROM:-$RELEASE_URL}
  key=$PUBLIC_KEY
  to='' wanted='' downgrade=no http=no
  while [ $# -gt 0 ]; do
    case $1 in
      --allow-downgrade) downgrade=yes ;;
      --allow-http) http=yes ;;
      --help | -h) usage && exit 0 ;;
      --from | --to | --public-key | --version)
        [ -n "${2:-}" ] || { printf '%s wants a value\n' "$1" >&2 && usage >&2 && exit 2; }
        case $1 in
          --from) from=$2 ;;
          --to) to=$2 ;;
          --public-key) key=$2 ;;
          --version) wanted=$2 ;;
        esac
        shift
        ;;
      *) printf 'what is %s?\n' "$1" >&2 && usage >&2 && exit 2 ;;
    esac
    shift
  done
  # When the script comes through a pipe, its end must not be read by what it starts.
  exec </dev/null

  [ -n "$from" ] || fail "this copy of the script does not know where releases lie" "say --from URL or --from FOLDER"
  [ -n "$key" ] || fail "this copy of the script does not know who signs releases" "say --public-key KEY"
  matches "$key" 'RW[A-Za-z0-9+/]{54}' || fail "$key is no public key of minisign" "it has 56 characters and begins with RW"
  check_source
  choose_target
  choose_verifier
  choose_hasher
  for tool in tar gzip; do
    has "$tool" || fail "$tool is needed" "install it with your system's packages"
  done

  open_destination
  fetch SHA256SUMS "$SMALL"
  fetch SHA256SUMS.minisig "$SMALL"
  check_signature
  choose_archive
  check_age
  fetch "$archive" "$LARGE"
  check_hash
  unpack
  mv -f "$work/fxn" "$to/fxn" || fail "$to/fxn could not be replaced"
  printf 'fxn %s (%s) is installed: %s\n' "$version" "$target" "$to/fxn"
  case ":$PATH:" in
    *":$to:"*) ;;
    *) printf '  %s is not in your PATH; add it: export PATH="%s:\044PATH"\n' "$to" "$to" ;;
  esac
}

check_source() {
  case $from in
    https://*) ;;
    http://*)
      host=${from#http://}
      case $(printf '%s\n' "${host%%/*}" | sed 's/:[0-9]*$//') in
        127.0.0.1 | localhost | '[::1]') ;;
        *) [ "$http" = yes ] || fail "$from has no TLS" "use https, or say --allow-http: the signature is checked all the same" ;;
      esac
      ;;
    *://*) fail "$from is neither http, https nor a folder" ;;
    *) [ -d "$from" ] || fail "there is no folder $from" "--from wants the URL or the folder that holds SHA256SUMS" ;;
  esac
  from=${from%/}
  case $from in
    http*://*) has curl || has wget || fail "downloading needs curl or wget" "install one of them, or download the release yourself and say --from FOLDER" ;;
  esac
}

choose_target() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    MINGW* | MSYS* | CYGWIN*) fail "this is Windows" "use install.ps1" ;;
    *) fail "fxn is not built for $(uname -s)" ;;
  esac
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "fxn is not built for processors of kind $machine" ;;
  esac
  # Under Rosetta an Apple chip says that it is x86_64.
  if [ "$os" = darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null || :)" = 1 ]; then arch=arm64; fi
  target=$os-$arch
  [ "$os" = darwin ] || choose_libc
}

# A loader that is there says what can run. With both (musl's package on Debian, gcompat on Alpine) the system's own ldd says whose it is.
choose_libc() {
  case $arch in
    x64) gnu=/lib64/ld-linux-x86-64.so.2 musl=/lib/ld-musl-x86_64.so.1 ;;
    arm64) gnu=/lib/ld-linux-aarch64.so.1 musl=/lib/ld-musl-aarch64.so.1 ;;
  esac
  if [ -e "$gnu" ] && [ -e "$musl" ]; then
    case $(ldd --version 2>&1 || :) in *musl*) target=$target-musl ;; esac
  elif [ -e "$musl" ]; then
    target=$target-musl
  elif [ ! -e "$gnu" ]; then
    fail "this system has neither glibc's loader ($gnu) nor musl's ($musl)" "on NixOS: programs.nix-ld.enable"
  fi
}

choose_verifier() {
  if has minisign; then
    verifier=minisign
  else
    # LibreSSL and older ones cannot check Ed25519 from the command line.
    case $(openssl version 2>/dev/null || :) in
      'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9]*) verifier=openssl ;;
      *) fail "nothing here can check the signature: it takes minisign, or OpenSSL 3" "install minisign with your system's packages (apt-get, dnf, apk, brew: minisign)" ;;
    esac
  fi
}

choose_hasher() {
  if has sha256sum; then
    hasher='sha256sum'
  elif has shasum; then
    hasher='shasum -a 256'
  elif has openssl; then
    hasher='openssl dgst -sha256 -r'
  else
    fail "nothing here can compute SHA-256" "install coreutils or openssl"
  fi
}

# The working folder lies beside fxn, so that the last step is one rename.
open_destination() {
  if [ -z "$to" ]; then
    if [ "$(id -u)" = 0 ]; then to=/usr/local/bin; else to=${HOME:?}/.local/bin; fi
  fi
  case $to in /*) ;; *) to=$PWD/$to ;; esac
  to=${to%/}
  [ ! -d "$to/fxn" ] || fail "$to/fxn is a folder" "choose another place with --to"
  there=$to
  while [ ! -d "${there:-/}" ]; do there=${there%/*}; done
  work=''
  trap clean EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if ! mkdir -p "$to" 2>/dev/null || ! work=$(mktemp -d "$to/.fxn-install.XXXXXX" 2>/dev/null); then
    work=''
    fail "$to cannot be written to" "choose a folder of yours with --to"
  fi
}

# Nothing of ours stays but fxn. (The trap calls it, which shellcheck does not see.)
# shellcheck disable=SC2317
clean() {
  trap '' HUP INT TERM
  [ -z "$work" ] || rm -rf "$work"
  [ "$there" = "$to" ] || (cd "${there:-/}" && rmdir -p "${to#"$there"/}") 2>/dev/null || :
}

# file, most blocks of it
fetch() {
  case $from in
    http*://*) (ulimit -f "$2" && download "$from/$1" "$work/$1") || fail "$from/$1 could not be downloaded" "look whether the URL is right and reachable" ;;
    *) (ulimit -f "$2" && cp "$from/$1" "$work/$1") 2>/dev/null || fail "$from/$1 is missing or cannot be read" ;;
  esac
}

# URL, file
download() {
  if has curl; then
    schemes="=${1%%:*}"
    if [ "$http" = yes ]; then schemes='=http,https'; fi
    curl --proto "$schemes" --proto-redir "$schemes" -fsSL --connect-timeout 20 --speed-limit 1 --speed-time 60 -o "$2" "$1"
  else
    wget -q -T 60 -O "$2" "$1"
  fi
}

check_signature() {
  sums=$work/SHA256SUMS
  signature=$work/SHA256SUMS.minisig
  # One form only, to the bit: base64 whose unused bits are set, other bytes or more lines would be another file.
  { [ "$(tr -d '\n -~' <"$signature" | wc -c)" -eq 0 ] && [ "$(wc -l <"$signature")" -eq 4 ] && [ -z "$(sed 1,4d "$signature")" ] &&
    [ "$(sed -n 1p "$signature")" = "$FIRST_LINE" ] &&
    matches "$(sed -n 2p "$signature")" 'RU[QRST][A-Za-z0-9+/]{95}[AEIMQUYcgkosw048]=' &&
    matches "$(sed -n 3p "$signature")" 'trusted comment: .*' &&
    matches "$(sed -n 4p "$signature")" '[A-Za-z0-9+/]{85}[AQgw]=='; } ||
    fail "$from/SHA256SUMS.minisig is no signature of an fxn release"
  verify >"$work/said" 2>&1 ||
    fail "the signature of $from/SHA256SUMS is wrong, or of another key than $key ($verifier)" "do not use this release; get it from where its maker says it lies"
}

verify() {
  case $verifier in
    minisign) minisign -V -P "$key" -m "$sums" -x "$signature" ;;
    openssl) verify_with_openssl ;;
  esac
}

# As minisign does it: Ed25519 over the file's BLAKE2b, and over that signature with the trusted comment.
verify_with_openssl() {
  printf '%s\n' "$key" | openssl base64 -d -A >"$work/key" || return 1
  sed -n 2p "$signature" | openssl base64 -d -A >"$work/signed" || return 1
  sed -n 4p "$signature" | openssl base64 -d -A >"$work/global" || return 1
  # Algorithm (2 bytes), the key's id (8), then the key itself or the signature.
  [ "$(head -c 10 "$work/key" | tail -c 8 | od -An -tx1)" = "$(head -c 10 "$work/signed" | tail -c 8 | od -An -tx1)" ] || return 1
  tail -c 64 "$work/signed" >"$work/first" || return 1
  # What stands before an Ed25519 key in DER.
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000' && tail -c 32 "$work/key"; } >"$work/der" || return 1
  openssl dgst -blake2b512 -binary "$sums" >"$work/hash" || return 1
  { cat "$work/first" && sed -n 3p "$signature" | sed 's/^trusted comment: //' | tr -d '\n'; } >"$work/both" || return 1
  ed25519 "$work/hash" "$work/first" && ed25519 "$work/both" "$work/global"
}

# message, signature
ed25519() { openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/der" -rawin -in "$1" -sigfile "$2"; }

# Exactly one line must be this system's, and every line must look as ours do: a name with a path is nothing to look for a way around.
choose_archive() {
  ! grep -Evq '^[0-9a-f]{64}  [A-Za-z0-9][A-Za-z0-9._-]*$' "$sums" || fail "$from/SHA256SUMS holds a line that is not a hash and a file's name"
  lines=$(grep -E "^[0-9a-f]{64}  fxn-$VERSION_FORM-$target\.tar\.gz\$" "$sums" || :)
  [ -n "$lines" ] || fail "the release at $from has no file for $target"
  [ "$(printf '%s\n' "$lines" | wc -l)" -eq 1 ] || fail "$from/SHA256SUMS names more than one file for $target"
  expected=${lines%% *}
  archive=${lines##* }
  version=${archive#fxn-}
  version=${version%-"$target".tar.gz}
  [ -z "$wanted" ] || [ "$wanted" = "$version" ] || fail "the release at $from is $version, not $wanted"
}

# An old release is signed too: whoever can choose what is downloaded must not bring back its faults.
check_age() {
  [ "$downgrade" = no ] && [ -f "$to/fxn" ] && [ -x "$to/fxn" ] || return 0
  installed=$("$to/fxn" --version 2>/dev/null) || return 0
  matches "$installed" "$VERSION_FORM" || return 0
  ! older "$version" "$installed" || fail "the release at $from is $version, older than the installed $installed" "if you want it, say --allow-downgrade"
}

# Is the first version before the second, as semver.org orders them?
older() {
  [ "$1" != "$2" ] || return 1
  for part in 1 2 3; do
    left=$(printf '%s' "${1%%-*}" | cut -d. -f"$part")
    right=$(printf '%s' "${2%%-*}" | cut -d. -f"$part")
    [ "$left" -eq "$right" ] || { [ "$left" -lt "$right" ]; return; }
  done
  case $1 in *-*) left=${1#*-}. ;; *) return 1 ;; esac
  case $2 in *-*) right=${2#*-}. ;; *) return 0 ;; esac
  while [ -n "$left" ] && [ -n "$right" ]; do
    one=${left%%.*} other=${right%%.*}
    left=${left#*.} right=${right#*.}
    [ "$one" != "$other" ] || continue
    if matches "$one" '[0-9]{1,9}' && matches "$other" '[0-9]{1,9}'; then [ "$one" -lt "$other" ]; return; fi
    ! matches "$one" '[0-9]+' || return 0
    ! matches "$other" '[0-9]+' || return 1
    [ "$(printf '%s\n' "$one" "$other" | sort | head -n 1)" = "$one" ]
    return
  done
  [ -z "$left" ]
}

check_hash() {
  hash=$($hasher "$work/$archive") || fail "the hash of $archive could not be computed ($hasher)"
  # sha256sum begins the line with a backslash when the path holds one.
  hash=${hash#\\}
  [ "${hash%% *}" = "$expected" ] || fail "$from/$archive is not the file that was signed: its hash is ${hash%% *}, not $expected" "try again; if it stays so, do not use it"
}

# Its bytes go into a file of ours: no name, link or owner in the archive means anything.
unpack() {
  gzip -dc "$work/$archive" | tar -xOf - "${archive%.tar.gz}/fxn" >"$work/fxn" 2>/dev/null ||
    fail "$archive could not be unpacked" "is there room in $to?"
  [ -s "$work/fxn" ] || fail "$archive does not hold the program"
  chmod 755 "$work/fxn"
  runs=$("$work/fxn" --version 2>"$work/said") || fail "fxn for $target does not run here: $(head -n 3 "$work/said")"
  [ "$runs" = "$version" ] || fail "$archive says that it is $runs"
}

main "$@"
exit
}
