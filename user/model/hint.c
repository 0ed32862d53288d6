// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files that people give for a model and that are something else: their first bytes
 * say what, and the message says what to do. Only beginnings that no ONNX model and no
 * network in text has are listed.
 */
#include <string.h>

#include "model/build.h"

static bool begins(const unsigned char *data, size_t size, size_t at, const char *magic, size_t n)
{
	return size >= at + n && !memcmp(data + at, magic, n);
}

static bool contains(const unsigned char *data, size_t size, const char *text)
{
	return memmem(data, size < 4096 ? size : 4096, text, strlen(text)) != NULL;
}

static const char *archive_hint(const unsigned char *data, size_t size)
{
	if (contains(data, size, "data.pkl"))
		return "is a PyTorch file (.pt): export it to ONNX with torch.onnx.export()";
	if (contains(data, size, ".npy"))
		return "is an archive of arrays (.npz): give one .npy of it";
	return "is a zip archive: unpack it first";
}

/* A message whose first field is a printable name: a NetParameter in binary. */
static bool is_caffemodel(const unsigned char *data, size_t size)
{
	size_t n, i;

	if (size < 4 || data[0] != 0x0a || data[1] >= 0x80)
		return false;
	n = data[1];
	if (!n || size < n + 4)
		return false;
	for (i = 0; i < n; i++)
		if (data[2 + i] < 0x20 || data[2 + i] >= 0x7f)
			return false;
	/* Then layers (field 2), input (3) or layer (100). */
	return data[2 + n] == 0x12 || data[2 + n] == 0x1a ||
	       (data[2 + n] == 0xa2 && data[3 + n] == 0x06);
}

/* TensorFlow's GraphDef: a node whose own first field is its name, then its operator. */
static bool is_graphdef(const unsigned char *data, size_t size)
{
	return size > 8 && data[0] == 0x0a && data[1] < 0x80 && data[2] == 0x0a &&
	       (contains(data, size, "Placeholder") || contains(data, size, "Const"));
}

const char *synergy_file_hint(const void *bytes, size_t size)
{
	static const struct {
		size_t at;
		const char *magic;
		size_t n;
		const char *hint;
	} magics[] = {
		{ 0, "version https://git-lfs", 23,
		  "is a Git LFS pointer, not the file itself: run `git lfs pull`" },
		{ 0, "\x1f\x8b", 2, "is compressed by gzip: unpack it first (gunzip)" },
		{ 0, "BZh", 3, "is compressed by bzip2: unpack it first (bunzip2)" },
		{ 0, "\xfd" "7zXZ", 5, "is compressed by xz: unpack it first (unxz)" },
		{ 0, "\x28\xb5\x2f\xfd", 4, "is compressed by zstd: unpack it first (unzstd)" },
		{ 4, "TFL3", 4, "is a TensorFlow Lite model (.tflite): convert it to ONNX (tf2onnx)" },
		{ 4, "ORTM", 4, "is in ONNX Runtime's own format (.ort): give the .onnx it was made from" },
		{ 0, "\x89HDF\r\n", 6, "is an HDF5 file (Keras?): convert it to ONNX" },
		{ 0, "<?xml", 5, "is XML (OpenVINO?): give the .onnx it was made from" },
		{ 0, "7767517", 7, "is an ncnn network: give the .onnx it was made from" },
		{ 0, "\x80\x02", 2, "is a Python pickle (an older .pt?): export it to ONNX with torch.onnx.export()" },
		{ 0, "\x80\x04", 2, "is a Python pickle: export the network to ONNX" },
		{ 0, "\x93NUMPY", 6, "is a NumPy array, not a network: it can be given with --input" },
		{ 0, "\x89PNG", 4, "is a picture, not a network: it can be given with --input" },
		{ 0, "\xff\xd8\xff", 3, "is a picture, not a network: it can be given with --input" },
	};
	const unsigned char *data = bytes;
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (begins(data, size, magics[i].at, magics[i].magic, magics[i].n))
			return magics[i].hint;
	if (begins(data, size, 0, "PK\x03\x04", 4))
		return archive_hint(data, size);
	if (is_caffemodel(data, size))
		return "is Caffe's weights (.caffemodel): give the .prototxt, and this with --weights";
	if (is_graphdef(data, size))
		return "is a TensorFlow graph (.pb): convert it to ONNX (tf2onnx)";
	return NULL;
}
