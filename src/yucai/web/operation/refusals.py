"""Why a backup cannot be made or restored."""

from __future__ import annotations

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = [
    "BackupBrokenError",
    "BackupNewerError",
    "DatabaseNotEmptyError",
    "NoRoomToRestoreError",
    "OtherDatabaseError",
    "PassphraseError",
    "PostgresqlToolError",
    "PostgresqlToolMissingError",
    "SecretsMissingError",
    "WorkspaceInUseError",
    "WorkspaceTakenError",
]


class BackupBrokenError(YucaiError):
    """The file is no backup of ours, is damaged, or holds what no backup of ours holds."""

    says = Text(
        "“{file}” cannot be restored: {reason}. Nothing was changed; take another backup.",
        "无法恢复“{file}”：{reason}。未作任何改动；请改用另一份备份。",
    )
    exit_code = 65


class BackupNewerError(YucaiError):
    """The backup was made by a version that knows more than this one."""

    says = Text(
        "“{file}” was made by Yucai {made_by}, which is newer than this one ({here}). Nothing was changed; install "
        "that version or a newer one, then restore.",
        "“{file}”由育才 {made_by} 生成，比当前版本（{here}）新。未作任何改动；请安装该版本或更新的版本后再恢复。",
    )
    exit_code = 65


class SecretsMissingError(YucaiError):
    """The secrets of a backup were not given."""

    says = Text(
        "The secrets of “{file}” are needed: {where}. Without them, --new-secrets makes new ones; tools and "
        "forwardings then need new keys, and seals made before cannot be checked. Nothing was changed.",
        "恢复“{file}”需要其密钥：{where}。如已遗失，可加 --new-secrets 生成新的密钥；之后各工具与转发须重新设置密钥，"
        "此前的封存记录也无法再核验。未作任何改动。",
    )
    exit_code = 66


class PassphraseError(YucaiError):
    """A passphrase that does not open, or guards too little."""

    says = Text(
        "The passphrase cannot be used: {reason}. Nothing was changed.", "口令无法使用：{reason}。未作任何改动。"
    )
    exit_code = 65


class WorkspaceTakenError(YucaiError):
    """Something stands where a backup is to be restored to."""

    says = Text(
        "“{folder}” is not empty. Say --replace to put the backup in its place; what is there now is kept beside it. "
        "Or choose another folder with --workspace.",
        "“{folder}”不是空文件夹。如要以备份替换，请加 --replace，现有内容移到旁边保留；也可用 --workspace 另选文件夹。",
    )
    exit_code = 73


class WorkspaceInUseError(YucaiError):
    """The workspace is being served."""

    says = Text(
        "“{folder}” is being served or worked on. End that (Ctrl-C, or stop the service), then restore.",
        "“{folder}”正在提供服务或处理任务。请先结束（按 Ctrl-C，或停止服务），再恢复。",
    )
    exit_code = 75


class DatabaseNotEmptyError(YucaiError):
    """The database that is to be filled holds something."""

    says = Text(
        "The PostgreSQL database that the backup would go into is not empty ({tables} table{tables:|s}) and was "
        "left as it is. Make an empty one and name it: --database postgresql://NAME:PASSWORD@HOST/DATABASE",
        "备份要写入的 PostgreSQL 数据库不是空的（{tables} 张表），未作任何改动。请新建空数据库并指明："
        "--database postgresql://用户名:密码@主机/数据库",
    )
    exit_code = 73


class OtherDatabaseError(YucaiError):
    """A backup of one kind of database cannot go into the other."""

    says = Text(
        "The backup holds records of {held}; they cannot go into {wanted}. {do}",
        "备份中的记录来自 {held}，不能写入 {wanted}。{do}",
    )
    exit_code = 65


class PostgresqlToolMissingError(YucaiError):
    """PostgreSQL's own tools copy and restore its records."""

    says = Text(
        "The records are in PostgreSQL, but {tool} was not found. Install PostgreSQL's client tools.",
        "记录存放在 PostgreSQL 中，但未找到 {tool}。请先安装 PostgreSQL 客户端工具。",
    )
    exit_code = 69


class PostgresqlToolError(YucaiError):
    """PostgreSQL's own tool could not do it."""

    says = Text(
        "{tool} could not do its work: {reason}. Nothing was changed; correct this and start again.",
        "{tool} 未能完成：{reason}。未作任何改动；请解决后重新开始。",
    )
    exit_code = 69


class NoRoomToRestoreError(YucaiError):
    """The disk has less room than the backup takes."""

    says = Text(
        "The backup needs {needed:,} MB, and {free:,} MB are free at “{folder}”. Nothing was changed; make room, then "
        "restore.",
        "恢复此备份需要 {needed:,} MB，“{folder}”所在磁盘仅余 {free:,} MB。未作任何改动；请先腾出空间再恢复。",
    )
    exit_code = 74
