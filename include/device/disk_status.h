/* include/device/disk_status.h -- labels and formats of disks. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_DISK_STATUS_H
#define DEVICE_DISK_STATUS_H

/* Where a label lies on the disk, and what it begins with. */
#define LABELSECTOR		0
#define LABELOFFSET		64
#define DISKMAGIC		0x82564557U

#define MAXPARTITIONS		8
#define NDDATA			5
#define NSPARE			5

struct partition {
	unsigned int	p_size;		/* sectors */
	unsigned int	p_offset;	/* first sector */
	unsigned int	p_fsize;	/* bytes of a fragment */
	unsigned char	p_fstype;	/* FS_ */
	unsigned char	p_frag;		/* fragments of a block */
	unsigned short	p_cpg;		/* cylinders of a group */
};

struct disklabel {
	unsigned int	d_magic;
	short		d_type;		/* DTYPE_ */
	short		d_subtype;
	char		d_typename[16];
	union {
		char	un_d_packname[16];
		struct {
			char	*un_d_boot0;
			char	*un_d_boot1;
		} un_b;
	} d_un;
	unsigned int	d_secsize;	/* bytes */
	unsigned int	d_nsectors;	/* of a track */
	unsigned int	d_ntracks;	/* of a cylinder */
	unsigned int	d_ncylinders;
	unsigned int	d_secpercyl;
	unsigned int	d_secperunit;
	unsigned short	d_sparespertrack;
	unsigned short	d_sparespercyl;
	unsigned int	d_acylinders;
	unsigned short	d_rpm;
	unsigned short	d_interleave;
	unsigned short	d_trackskew;
	unsigned short	d_cylskew;
	unsigned int	d_headswitch;	/* microseconds */
	unsigned int	d_trkseek;	/* microseconds */
	unsigned int	d_flags;	/* D_ */
	unsigned int	d_drivedata[NDDATA];
	unsigned int	d_spare[NSPARE];
	unsigned int	d_magic2;	/* DISKMAGIC again */
	unsigned short	d_checksum;	/* exclusive or of all is 0 */
	unsigned short	d_npartitions;
	unsigned int	d_bbsize;	/* bytes of the boot area */
	unsigned int	d_sbsize;	/* bytes of a super block, at most */
	struct partition d_partitions[MAXPARTITIONS + 1];
};

#define d_packname	d_un.un_d_packname
#define d_boot0		d_un.un_b.un_d_boot0
#define d_boot1		d_un.un_b.un_d_boot1

/* A request to format sectors. */
struct format_op {
	char		*df_buf;
	int		df_count;	/* bytes */
	unsigned long	df_startblk;
	int		df_reg[8];
};

/* Kinds of drives */
#define DTYPE_SMD		1
#define DTYPE_MSCP		2
#define DTYPE_DEC		3
#define DTYPE_SCSI		4
#define DTYPE_ESDI		5
#define DTYPE_ST506		6
#define DTYPE_FLOPPY		10

/* Kinds of file systems */
#define FS_UNUSED		0
#define FS_SWAP			1
#define FS_V6			2
#define FS_V7			3
#define FS_SYSV			4
#define FS_V71K			5
#define FS_V8			6
#define FS_BSDFFS		7
#define FS_LINUXFS		8

/* Flags of drives */
#define D_REMOVABLE		0x1
#define D_SSE			0x1
#define D_ECC			0x2
#define D_BADSECT		0x4
#define D_RAMDISK		0x8
#define D_CHAIN			0x10

#endif /* DEVICE_DISK_STATUS_H */
