// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The keys of {@code dev.banger.image.cfg}. */
@ObjectClassDefinition(
    id = ImageConfiguration.PID,
    name = "banger images and kernels",
    description = "Where images and kernels come from and how large an image is")
public @interface ImageConfiguration {
  /** The PID of all components of this bundle. */
  String PID = "dev.banger.image";

  @AttributeDefinition(
      name = "Default image",
      description = "The image of a machine for which none is named; pulled when it is not here")
  String defaultImage() default "debian-bookworm";

  @AttributeDefinition(
      name = "Debian mirror",
      description =
          "http, https or file URL of a Debian archive; what it serves must carry Debian's"
              + " signature")
  String debianMirror() default "http://deb.debian.org/debian";

  @AttributeDefinition(
      name = "Debian security mirror",
      description = "http, https or file URL of a Debian security archive")
  String debianSecurityMirror() default "http://deb.debian.org/debian-security";

  @AttributeDefinition(
      name = "Ubuntu mirror",
      description =
          "http, https or file URL of an Ubuntu archive with its updates and security updates; what"
              + " it serves must carry Ubuntu's signature")
  String ubuntuMirror() default "http://archive.ubuntu.com/ubuntu";

  @AttributeDefinition(
      name = "Image size",
      description =
          "How large a root file system is made: a whole number and MiB or GiB, from 1 GiB to 1"
              + " TiB. On the host it takes only what is in it")
  String imageSize() default "8 GiB";

  @AttributeDefinition(
      name = "Default kernel",
      description = "The kernel of images that name none, such as those of registries")
  String defaultKernel() default "debian-cloud";

  @AttributeDefinition(
      name = "Largest content",
      description =
          "How much the layers of one image may unpack to: a whole number and MiB or GiB, from 1"
              + " GiB to 1 TiB")
  String largestContent() default "64 GiB";
}
