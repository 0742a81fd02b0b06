// The README's main command as a program with ITK would do it: 1 mm voxels, RAS, a box if one is asked for,
// 5 degrees about the image's z axis, .nii.gz out. Written as ITK's examples suggest, one filter a step.
//   itk_job IN.nii.gz OUT.nii.gz [crop]
#include <itkAffineTransform.h>
#include <itkIdentityTransform.h>
#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkLinearInterpolateImageFunction.h>
#include <itkOrientImageFilter.h>
#include <itkRegionOfInterestImageFilter.h>
#include <itkResampleImageFilter.h>
#include <chrono>
#include <cmath>
#include <cstdio>

using Image = itk::Image<float, 3>;
using Resample = itk::ResampleImageFilter<Image, Image>;

static double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const double start = now();
  auto reader = itk::ImageFileReader<Image>::New();
  reader->SetFileName(argv[1]);
  reader->Update();
  Image::Pointer image = reader->GetOutput();
  const double read = now();

  auto resample = Resample::New();
  resample->SetInput(image);
  resample->SetTransform(itk::IdentityTransform<double, 3>::New());
  Image::SizeType size;
  for (int k = 0; k < 3; k++)
    size[k] = std::lround(image->GetLargestPossibleRegion().GetSize()[k] * image->GetSpacing()[k]);
  const double one[3] = {1, 1, 1};
  resample->SetSize(size);
  resample->SetOutputSpacing(one);
  resample->SetOutputOrigin(image->GetOrigin());
  resample->SetOutputDirection(image->GetDirection());
  resample->Update();
  image = resample->GetOutput();

  // ITK names orientations by where axes come from: its LPI is RAS elsewhere.
  auto orient = itk::OrientImageFilter<Image, Image>::New();
  orient->UseImageDirectionOn();
  orient->SetInput(image);
  orient->SetDesiredCoordinateOrientation(itk::SpatialOrientation::ITK_COORDINATE_ORIENTATION_LPI);
  orient->Update();
  image = orient->GetOutput();

  if (argc > 3) {
    auto box = itk::RegionOfInterestImageFilter<Image, Image>::New();
    Image::RegionType region;
    region.SetIndex({{50, 30, 20}});
    region.SetSize({{120, 120, 100}});
    box->SetInput(image);
    box->SetRegionOfInterest(region);
    box->Update();
    image = box->GetOutput();
  }

  // The content turns by +5 degrees about the image's own z axis, so points are pulled back by −5.
  auto turn = itk::AffineTransform<double, 3>::New();
  size = image->GetLargestPossibleRegion().GetSize();
  itk::ContinuousIndex<double, 3> middle;
  for (int k = 0; k < 3; k++) middle[k] = (size[k] - 1) / 2.0;
  Image::PointType center;
  image->TransformContinuousIndexToPhysicalPoint(middle, center);
  turn->SetCenter(center);
  itk::Vector<double, 3> axis;
  for (int k = 0; k < 3; k++) axis[k] = image->GetDirection()(k, 2);
  turn->Rotate3D(axis, -5 * std::acos(-1.0) / 180);
  auto rotate = Resample::New();
  rotate->SetInput(image);
  rotate->SetTransform(turn);
  rotate->SetSize(size);
  rotate->SetOutputSpacing(image->GetSpacing());
  rotate->SetOutputOrigin(image->GetOrigin());
  rotate->SetOutputDirection(image->GetDirection());
  rotate->Update();
  const double run = now();

  auto writer = itk::ImageFileWriter<Image>::New();
  writer->SetFileName(argv[2]);
  writer->SetInput(rotate->GetOutput());
  writer->UseCompressionOn();
  writer->Update();
  std::printf("{\"read_ms\":%.0f,\"run_ms\":%.0f,\"write_ms\":%.0f}\n", read - start, run - read, now() - run);
}
