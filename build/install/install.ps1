# Installs fxn for this user on Windows: picks the file of this system, checks signature and hash, and refuses on any doubt.
# For Windows PowerShell 5.1 and PowerShell 7. Only the last line runs anything: a download that was cut does nothing.
#
# The signature is checked by minisign.exe, which must be there. Windows and .NET have no Ed25519, and curve arithmetic in a
# script, which Windows would run and no test of ours can, is less to be trusted than one well-kept program.
[CmdletBinding()]
param(
  # Where the release lies, a URL or a folder; default: $env:FXN_INSTALL_FROM, else what the build filled in.
  [string]$From = $env:FXN_INSTALL_FROM,
  # Where fxn.exe goes; default: Programs\fxn of this user.
  [string]$To,
  # minisign's, of whoever signs the release.
  [string]$PublicKey,
  # Refuse any other version.
  [string]$Version,
  # Take an older version than the one that is installed.
  [switch]$AllowDowngrade,
  # Take URLs without TLS, also from other machines.
  [switch]$AllowHttp
)

# The build fills these in.
$ReleaseUrl = ''
$ReleaseKey = ''

function Stop-Install([string]$What, [string]$Hint) {
  $text = "fxn was not installed: $What"
  if ($Hint) { $text += "`n  $Hint" }
  throw $text
}

function Install-Fxn([string]$From, [string]$To, [string]$Key, [string]$Wanted, [bool]$Downgrade, [bool]$Http) {
  $ErrorActionPreference = 'Stop'
  $ProgressPreference = 'SilentlyContinue'
  $PSNativeCommandUseErrorActionPreference = $false
  Set-StrictMode -Version 2

  if (-not $From) { Stop-Install 'this copy of the script does not know where releases lie' 'say -From with a URL or a folder' }
  if (-not $Key) { Stop-Install 'this copy of the script does not know who signs releases' 'say -PublicKey' }
  if ($Key -cnotmatch '\ARW[A-Za-z0-9+/]{54}\z') { Stop-Install "$Key is no public key of minisign" 'it has 56 characters and begins with RW' }
  Test-Source $From $Http
  $From = $From.TrimEnd('/', '\')
  $target = Get-Target
  $minisign = @(Get-Command minisign -CommandType Application -ErrorAction SilentlyContinue)
  if ($minisign.Count -eq 0) { Stop-Install 'nothing here can check the signature: it takes minisign' 'install it: scoop install minisign, or choco install minisign' }

  if (-not $To) { $To = Join-Path (Join-Path $env:LOCALAPPDATA 'Programs') 'fxn' }
  $To = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($To)
  $installed = Join-Path $To 'fxn.exe'
  # Beside fxn.exe, so that the last step is one rename.
  $work = Join-Path $To ('.fxn-install.' + [Guid]::NewGuid().ToString('N'))
  $made = -not (Test-Path -LiteralPath $To)
  try {
    try { [void][IO.Directory]::CreateDirectory($work) } catch { Stop-Install "$To cannot be written to" 'choose a folder of yours with -To' }
    $sums = Join-Path $work 'SHA256SUMS'
    $signature = "$sums.minisig"
    Get-ReleaseFile $From 'SHA256SUMS' $sums
    Get-ReleaseFile $From 'SHA256SUMS.minisig' $signature
    Test-Signature $From $sums $signature $Key $minisign[0].Source
    $chosen = Select-Archive $From $sums $target
    if ($Wanted -and $Wanted -cne $chosen.Version) { Stop-Install "the release at $From is $($chosen.Version), not $Wanted" }
    # An old release is signed too: whoever can choose what is downloaded must not bring back its faults.
    $current = Get-InstalledVersion $installed
    if ($current -and -not $Downgrade -and (Test-Older $chosen.Version $current)) {
      Stop-Install "the release at $From is $($chosen.Version), older than the installed $current" 'if you want it, say -AllowDowngrade'
    }
    $archive = Join-Path $work $chosen.Name
    Get-ReleaseFile $From $chosen.Name $archive
    $hash = (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash.ToLowerInvariant()
    if ($hash -cne $chosen.Hash) { Stop-Install "$From/$($chosen.Name) is not the file that was signed: its hash is $hash, not $($chosen.Hash)" 'try again; if it stays so, do not use it' }
    $new = Join-Path $work 'fxn.exe'
    Expand-Program $archive ($chosen.Name -creplace '\.zip\z', '') $new
    $says = ((& $new --version) | Out-String).Trim()
    if ($LASTEXITCODE -ne 0) { Stop-Install "fxn for $target does not run here" }
    if ($says -cne $chosen.Version) { Stop-Install "$($chosen.Name) says that it is $says" }
    try {
      if (Test-Path -LiteralPath $installed) { [IO.File]::Replace($new, $installed, [NullString]::Value) } else { [IO.File]::Move($new, $installed) }
    } catch { Stop-Install "$installed could not be replaced: $($_.Exception.Message)" 'if fxn is running, stop it first' }
    Write-Output "fxn $says ($target) is installed: $installed"
    if (($env:PATH -split ';') -notcontains $To) { Write-Output "  $To is not in your PATH; add it under Settings, System, About, Advanced system settings" }
  } finally {
    if (Test-Path -LiteralPath $work) { Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue }
    if ($made -and (Test-Path -LiteralPath $To) -and @(Get-ChildItem -LiteralPath $To -Force).Count -eq 0) { Remove-Item -LiteralPath $To }
  }
}

function Test-Source([string]$From, [bool]$Http) {
  if ($From -notmatch '\A[A-Za-z][A-Za-z0-9+.-]+://') {
    if (-not (Test-Path -LiteralPath $From -PathType Container)) { Stop-Install "there is no folder $From" '-From wants the URL or the folder that holds SHA256SUMS' }
    return
  }
  $uri = [Uri]$From
  if ($uri.Scheme -eq 'https') { return }
  if ($uri.Scheme -ne 'http') { Stop-Install "$From is neither http, https nor a folder" }
  if (-not $uri.IsLoopback -and -not $Http) { Stop-Install "$From has no TLS" 'use https, or say -AllowHttp: the signature is checked all the same' }
}

# The system's own word: a PowerShell that is itself emulated says what it is emulated as.
function Get-Target {
  $key = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
  $machine = (Get-ItemProperty -LiteralPath $key).PROCESSOR_ARCHITECTURE
  if ($machine -eq 'AMD64') { return 'windows-x64' }
  if ($machine -eq 'ARM64') { return 'windows-arm64' }
  Stop-Install "fxn is not built for processors of kind $machine"
}

function Get-ReleaseFile([string]$From, [string]$Name, [string]$Path) {
  if ($From -notmatch '\Ahttps?://') {
    try { Copy-Item -LiteralPath (Join-Path $From $Name) -Destination $Path } catch { Stop-Install "$From\$Name is missing or cannot be read" }
    return
  }
  # Windows PowerShell's own default may be older.
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  try { Invoke-WebRequest -Uri "$From/$Name" -OutFile $Path -UseBasicParsing -TimeoutSec 600 } catch {
    Stop-Install "$From/$Name could not be downloaded: $($_.Exception.Message)" 'look whether the URL is right and reachable'
  }
}

# Every byte as one character, whatever it is.
function Read-Bytes([string]$Path) { return [IO.File]::ReadAllText($Path, [Text.Encoding]::GetEncoding(28591)) }

# One form only, to the bit: base64 whose unused bits are set, other bytes or more lines would be another file.
function Test-Signature([string]$From, [string]$Sums, [string]$Signature, [string]$Key, [string]$Minisign) {
  $form = '\Auntrusted comment: signature of an fxn release\n' +
    'RU[QRST][A-Za-z0-9+/]{95}[AEIMQUYcgkosw048]=\n' +
    'trusted comment: [ -~]*\n' +
    '[A-Za-z0-9+/]{85}[AQgw]==\n\z'
  if ((Read-Bytes $Signature) -cnotmatch $form) { Stop-Install "$From/SHA256SUMS.minisig is no signature of an fxn release" }
  & $Minisign -V -q -P $Key -m $Sums -x $Signature | Out-Null
  if ($LASTEXITCODE -ne 0) {
    Stop-Install "the signature of $From/SHA256SUMS is wrong, or of another key than $Key" 'do not use this release; get it from where its maker says it lies'
  }
}

# Exactly one line must be this system's, and every line must look as ours do.
function Select-Archive([string]$From, [string]$Sums, [string]$Target) {
  $text = Read-Bytes $Sums
  if ($text -cnotmatch '\A([0-9a-f]{64}  [A-Za-z0-9][A-Za-z0-9._-]*\n)+\z') { Stop-Install "$From/SHA256SUMS holds a line that is not a hash and a file's name" }
  $form = '(?m)^(?<hash>[0-9a-f]{64})  (?<name>fxn-(?<version>[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[0-9A-Za-z.]+)?)-' + $Target + '\.zip)$'
  $found = [Text.RegularExpressions.Regex]::Matches($text, $form)
  if ($found.Count -eq 0) { Stop-Install "the release at $From has no file for $Target" }
  if ($found.Count -gt 1) { Stop-Install "$From/SHA256SUMS names more than one file for $Target" }
  $groups = $found[0].Groups
  return @{ Hash = $groups['hash'].Value; Name = $groups['name'].Value; Version = $groups['version'].Value }
}

# Nothing when there is none, or when it does not say.
function Get-InstalledVersion([string]$Program) {
  if (-not (Test-Path -LiteralPath $Program -PathType Leaf)) { return '' }
  try { $says = ((& $Program --version) | Out-String).Trim() } catch { return '' }
  if ($says -cmatch '\A[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[0-9A-Za-z.]+)?\z') { return $says }
  return ''
}

# Is the first version before the second, as semver.org orders them?
function Test-Older([string]$One, [string]$Other) {
  $a, $preA = $One -split '-', 2
  $b, $preB = $Other -split '-', 2
  $order = ([Version]$a).CompareTo([Version]$b)
  if ($order -ne 0) { return $order -lt 0 }
  if (-not $preA) { return $false }
  if (-not $preB) { return $true }
  $left = @($preA -split '\.')
  $right = @($preB -split '\.')
  for ($i = 0; $i -lt $left.Count -and $i -lt $right.Count; $i++) {
    if ($left[$i] -ceq $right[$i]) { continue }
    $leftNumber = $left[$i] -cmatch '\A[0-9]{1,9}\z'
    $rightNumber = $right[$i] -cmatch '\A[0-9]{1,9}\z'
    if ($leftNumber -and $rightNumber) { return [int]$left[$i] -lt [int]$right[$i] }
    if ($leftNumber -ne $rightNumber) { return $leftNumber }
    return [string]::CompareOrdinal($left[$i], $right[$i]) -lt 0
  }
  return $left.Count -lt $right.Count
}

# The one entry's bytes go into a file of ours: no other name in the archive means anything.
function Expand-Program([string]$Archive, [string]$Folder, [string]$Path) {
  Add-Type -AssemblyName System.IO.Compression
  Add-Type -AssemblyName System.IO.Compression.FileSystem
  $zip = [IO.Compression.ZipFile]::OpenRead($Archive)
  try {
    $entries = @($zip.Entries | Where-Object { $_.FullName -ceq "$Folder/fxn.exe" })
    if ($entries.Count -ne 1) { Stop-Install "$Archive does not hold the program" }
    [IO.Compression.ZipFileExtensions]::ExtractToFile($entries[0], $Path)
  } finally { $zip.Dispose() }
}

Install-Fxn $(if ($From) { $From } else { $ReleaseUrl }) $To $(if ($PublicKey) { $PublicKey } else { $ReleaseKey }) $Version ([bool]$AllowDowngrade) ([bool]$AllowHttp)
